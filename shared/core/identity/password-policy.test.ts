import { expect, test } from "vitest";
import { assessPassword } from "./password-policy.ts";

const NOBODY = { names: [], previous: null };

test.each([
  ["vK7#mQ2x", "medium"],
  ["vK7#mQ2xL!9p", "strong"],
  ["Correct-Horse-7-Staple", "strong"],
  ["Übergröße§12ñandú", "strong"],
])("%j is accepted as %s", (password, strength) => {
  expect(assessPassword(password, NOBODY)).toEqual({ problems: [], strength });
});

test.each([
  ["vK7#mQ2", ["too_short"]],
  ["vk7#mq2x", ["no_upper_case"]],
  ["VK7#MQ2X", ["no_lower_case"]],
  ["vKz#mQtx", ["no_digit"]],
  ["vK7amQ2x", ["no_special"]],
  ["Password1!", ["too_common"]],
  ["P@ssw0rd!", ["too_common"]],
  ["Summer2024!", ["too_common"]],
  ["!!Qwerty123", ["too_common"]],
  ["Aaaaaaa1!", ["too_guessable"]],
  ["vK7#mQ2x\ud800", ["not_text"]],
])("%j is refused: %j", (password, problems) => {
  expect(assessPassword(password, NOBODY).problems).toEqual(expect.arrayContaining(problems));
});

test("128 characters are accepted, 129 are too many", () => {
  const long = "vK7#mQ2xL!9pTz4&".repeat(8);
  expect(assessPassword(long, NOBODY).problems).toEqual([]);
  expect(assessPassword(`${long}a`, NOBODY).problems).toEqual(["too_long"]);
});

test("it contains no name of its owner, and is another one than before", () => {
  const names = ["ada.l@example.com", "countess"];
  expect(assessPassword("x7#ADA.L!qP", { names, previous: null }).problems).toEqual(["contains_name"]);
  expect(assessPassword("9!CounTess#k", { names, previous: null }).problems).toEqual(["contains_name"]);
  expect(assessPassword("vK7#mQ2x", { names, previous: "vK7#mQ2x" }).problems).toEqual(["same_as_before"]);
});
