/** When the system is killed, and how. */
import type { DevServer } from "./dev-server.ts";
import type { History } from "./history.ts";

/** How long the system may work before the next blow. */
const SHORTEST_UP_MS = 1_000;
const LONGEST_UP_MS = 3_000;
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

const between = (low: number, high: number, share: number): number => Math.round(low + (high - low) * share);

/** Kills, and now and then pauses, until `enough` says so; the system runs when it resolves. */
export async function killAgainAndAgain(
  server: DevServer,
  history: History,
  random: () => number,
  enough: () => boolean,
): Promise<void> {
  while (!enough()) {
    // Squared: short lives are the more frequent ones.
    const upMs = between(SHORTEST_UP_MS, LONGEST_UP_MS, random() ** 2);
    await new Promise((resolve) => setTimeout(resolve, upMs));
    const choice = random();
    if (choice < 0.06) {
      history.add({ op: "pause", target: "workerd", atMs: Date.now() });
      await server.pauseWorkerd(between(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS, random()));
    } else if (choice < 0.82) {
      history.add({ op: "kill", target: "workerd", atMs: Date.now() });
      server.killWorkerd();
      await server.ready();
    } else {
      await killEverything(server, history);
    }
  }
}

/** Launcher and workerd at once, and a new start of both. */
export async function killEverything(server: DevServer, history: History): Promise<void> {
  history.add({ op: "kill", target: "launcher and workerd", atMs: Date.now() });
  await server.killAll();
  await server.start("main");
}
