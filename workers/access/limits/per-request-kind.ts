/**
 * What depends on nothing but an owner and the kind of a request (its method and route), found once for as long as the
 * owner lives. Routes are those of the API's table and methods those that the platform knows, so an owner has few.
 */
import type { LimitedRequest } from "../../../shared/core/rate-limit/applicable.ts";

export class PerRequestKind<Owner extends object, T> {
  readonly #find: (owner: Owner, request: LimitedRequest) => T;
  readonly #found = new WeakMap<Owner, Map<string, Map<string, T>>>();

  /** `find` has to be pure, and its owner never to change. */
  constructor(find: (owner: Owner, request: LimitedRequest) => T) {
    this.#find = find;
  }

  of(owner: Owner, request: LimitedRequest): T {
    let ofOwner = this.#found.get(owner);
    if (ofOwner === undefined) this.#found.set(owner, (ofOwner = new Map()));
    let ofRoute = ofOwner.get(request.route);
    if (ofRoute === undefined) ofOwner.set(request.route, (ofRoute = new Map()));
    let found = ofRoute.get(request.method);
    if (found === undefined) ofRoute.set(request.method, (found = this.#find(owner, request)));
    return found;
  }
}
