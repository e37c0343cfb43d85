import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parser } from "./program.ts";
import { typist } from "./testing/terminal.ts";

const leaves = (command: Command, path: string): { readonly path: string; readonly command: Command }[] =>
  command.commands.length === 0
    ? [{ path, command }]
    : command.commands.flatMap((each) => leaves(each, `${path} ${each.name()}`));

const all = leaves(
  parser(() => undefined, typist()),
  "aima",
);

describe("the command line", () => {
  it("has its commands in groups", () => {
    expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
    expect(all.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "aima login",
        "aima password change",
        "aima totp enrol",
        "aima sessions revoke",
        "aima keys roll",
      ]),
    );
  });

  it.each(all)("says in a phrase what $path does, and prints JSON when asked to", ({ command }) => {
    expect(command.description()).toMatch(/^[a-z].*[^.]$/);
    expect(command.options.map(({ long }) => long)).toContain("--json");
    for (const { description, flags } of command.options) expect(`${flags}: ${description}`).not.toMatch(/\.$/);
  });

  it("takes no secret as a flag: those are seen by everybody on the machine", () => {
    const flags = all.flatMap(({ path, command }) => command.options.map(({ long }) => `${path} ${long ?? ""}`));
    expect(flags.filter((flag) => /--(password|token|secret|current|new)$/.test(flag))).toEqual([]);
  });
});
