/**
 * What a call says that would block: EAGAIN, or EINPROGRESS of connect. It is no failure and comes often, so one error a
 * call is made once and thrown again: an Error costs more than the call it ends. It names no address; nor does its stack.
 */
import { SocketError } from "../../base/errno.ts";

export const sendAgain: SocketError = Object.freeze(new SocketError("EAGAIN", "send"));
export const receiveAgain: SocketError = Object.freeze(new SocketError("EAGAIN", "recv"));
export const acceptAgain: SocketError = Object.freeze(new SocketError("EAGAIN", "accept"));
export const connectInProgress: SocketError = Object.freeze(new SocketError("EINPROGRESS", "connect"));
