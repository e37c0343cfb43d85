/**
 * What depends on nothing but the kind of a request (its method and route), found once. Routes are those of the API's
 * table and methods those that the platform knows, so there are few.
 */
import type { LimitedRequest } from "../../../shared/core/rate-limit/applicable.ts";

export class PerRequestKind<T> {
  readonly #find: (request: LimitedRequest) => T;
  readonly #found = new Map<string, Map<string, T>>();

  /** `find` has to be pure. */
  constructor(find: (request: LimitedRequest) => T) {
    this.#find = find;
  }

  of(request: LimitedRequest): T {
    let ofRoute = this.#found.get(request.route);
    if (ofRoute === undefined) this.#found.set(request.route, (ofRoute = new Map()));
    let found = ofRoute.get(request.method);
    if (found === undefined) ofRoute.set(request.method, (found = this.#find(request)));
    return found;
  }
}

/** The same for owners that come and go, and never change. */
export class PerOwnerAndKind<Owner extends object, T> {
  readonly #find: (owner: Owner, request: LimitedRequest) => T;
  readonly #ofOwners = new WeakMap<Owner, PerRequestKind<T>>();

  /** `find` has to be pure. */
  constructor(find: (owner: Owner, request: LimitedRequest) => T) {
    this.#find = find;
  }

  of(owner: Owner, request: LimitedRequest): T {
    let ofOwner = this.#ofOwners.get(owner);
    if (ofOwner === undefined) {
      ofOwner = new PerRequestKind((each) => this.#find(owner, each));
      this.#ofOwners.set(owner, ofOwner);
    }
    return ofOwner.of(request);
  }
}
