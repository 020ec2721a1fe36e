/** The transmission control block (RFC 9293, section 3.3.1). */
export interface Tcb {
  state: string;
}
