import { expect, test } from "vitest";
import { normaliseEmail, normaliseUsername } from "./names.ts";

test.each([
  [" Ada.Lovelace+x@Example.COM ", "ada.lovelace+x@example.com"],
  ["a@xn--bcher-kva.example", "a@xn--bcher-kva.example"],
])("the address %j is kept as %j", (given, kept) => {
  expect(normaliseEmail(given)).toBe(kept);
});

test.each([
  "",
  "a",
  "a@b",
  "@example.com",
  "a@@example.com",
  "a b@example.com",
  "a@example.com\nbcc: x@y.z",
  ".a@example.com",
  "a..b@example.com",
  "а@example.com",
  "a@-example.com",
  "a@example..com",
  `${"a".repeat(65)}@example.com`,
  `a@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}.${"e".repeat(63)}.com`,
  "a@1.2.3.4",
  '"a b"@example.com',
])("%j is no address", (given) => {
  expect(normaliseEmail(given)).toBeNull();
});

test("a username is kept in lower case and is no address", () => {
  expect(normaliseUsername("Ada_L-1")).toBe("ada_l-1");
  for (const bad of ["ab", "a".repeat(51), "a@example.com", "a b c", "аda", ""])
    expect(normaliseUsername(bad)).toBeNull();
});
