/** What a decision asks the shell to do beside writing its events: data, not calls. */
export type OutboxEntry = {
  /** `queue:<name>` or `object:<class>`: what the object's `deliver` understands. */
  readonly target: string;
  /** One entry per target and key: a newer one replaces it. */
  readonly key: string;
  readonly body: unknown;
  /** Whether the entry stays, and is sent again, until the receiver has confirmed that it acted. */
  readonly confirmedByReceiver: boolean;
};

export type Effect =
  | ({ readonly kind: "send" } & OutboxEntry)
  | { readonly kind: "confirm"; readonly target: string; readonly key: string }
  | { readonly kind: "timer"; readonly name: string; readonly dueAtMs: number }
  | { readonly kind: "clear-timer"; readonly name: string }
  | { readonly kind: "clear-timers" };
