import { DurableObject } from "cloudflare:workers";

export class UserAccount extends DurableObject<Env> {}
