import { expect, test } from "vitest";
import { formatMailedToken, formatRefreshToken, parseMailedToken, parseRefreshToken } from "./secret-token.ts";

const REFRESH = {
  tenant: "ten_platform",
  userId: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
  sessionId: "ses_01ARZ3NDEKTSV4RRFFQ69G5FAW",
  secret: "0f".repeat(32),
};
const MAILED = { purpose: "reset" as const, tenant: "ten_one1", userId: REFRESH.userId, secret: "a1".repeat(32) };

test("a token says whose it is", () => {
  expect(parseRefreshToken(formatRefreshToken(REFRESH))).toEqual(REFRESH);
  expect(parseMailedToken("reset", formatMailedToken(MAILED))).toEqual(MAILED);
});

test("one changed character makes it none of ours", () => {
  const token = formatRefreshToken(REFRESH);
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === "0" ? "1" : "0";
    expect(parseRefreshToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
  }
  for (let end = 0; end < token.length; end += 1) expect(parseRefreshToken(token.slice(0, end))).toBeNull();
  expect(parseRefreshToken(`${token}\n`)).toBeNull();
});

test("a mailed token serves its own purpose only", () => {
  expect(parseMailedToken("verify", formatMailedToken(MAILED))).toBeNull();
  expect(parseRefreshToken(formatMailedToken(MAILED))).toBeNull();
});
