/** Processes as the kernel shows them (Linux): for tests that kill parts of a running system. */
import { readdirSync, readFileSync } from "node:fs";

export type ProcessInfo = { readonly pid: number; readonly parent: number; readonly command: string };

function inspect(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent, command };
  } catch {
    return null; // It ended while we looked.
  }
}

/** Everything that a process started, directly or not. */
export function descendants(root: number): ProcessInfo[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => inspect(Number(name)) ?? []);
  const found: ProcessInfo[] = [];
  let parents = new Set([root]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** Resident memory in bytes: now, or the highest so far. */
export function residentBytes(pid: number, which: "VmRSS" | "VmHWM" = "VmRSS"): number {
  try {
    const line = new RegExp(`^${which}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It has ended.
  }
}

export function isRunning(pid: number): boolean {
  return inspect(pid) !== null;
}
