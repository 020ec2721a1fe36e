/** What a socket asks for, as the yes-or-no parts of the claim it will hold its port by. */
import { isUnspecified, isV4 } from "../../base/address.ts";
import type { BindRequest } from "../binding.ts";
import type { Profile } from "../profile.ts";
import {
  domain6Trait,
  exclusiveTrait,
  hasGroupTrait,
  loadBalanceTrait,
  privilegedTrait,
  reuseAddressTrait,
  reusePortTrait,
  v6OnlyTrait,
} from "./claim.ts";

/** All but the state. */
export function traitsOf(request: BindRequest, profile: Profile): number {
  let traits = request.domain === 6 ? domain6Trait : 0;
  if (request.reuseAddress === true) traits |= reuseAddressTrait;
  if (request.reusePort === true) traits |= reusePortTrait;
  if (request.loadBalance === true) traits |= loadBalanceTrait;
  if (request.selector !== undefined) traits |= hasGroupTrait;
  if (request.exclusive === true) traits |= exclusiveTrait;
  if (request.privileged === true) traits |= privilegedTrait;
  if (isV6Only(request, profile)) traits |= v6OnlyTrait;
  return traits;
}

function isV6Only({ domain, address, v6Only: asked }: BindRequest, profile: Profile): boolean {
  const { v6Only, addressMakesV6Only } = profile;
  if (asked ?? v6Only === "by-default") return true;
  if (domain !== 6) return false;
  return v6Only === "always" || (addressMakesV6Only && !isUnspecified(address) && !isV4(address));
}
