import { expect, it } from "vitest";
import { mayAsk } from "./reachable.ts";

const asked = (urls: readonly string[], allowLoopback: boolean): string[] =>
  urls.filter((url) => mayAsk(url, allowLoopback));

const PUBLIC = ["https://id.example.com/token", "https://id.example.com:8443/realm", "https://xn--bcher-kva.example/"];
const LOOPBACK = ["http://127.0.0.1:9000/token", "https://localhost/", "http://[::1]:8080/keys", "http://0x7f.1/"];
const PRIVATE = [
  "http://id.example.com/token",
  "ftp://id.example.com/",
  "https://10.0.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://192.168.1.1/",
  "https://0xa9fea9fe/",
  "https://8.8.8.8/",
  "https://[fd00::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://127.0.0.2/",
  "https://intranet/",
  "https://router.local/",
  "https://metadata.google.internal/",
  "https://sub.localhost/",
  "https://localhost./",
  "https://me:secret@id.example.com/",
  "javascript:alert(1)",
  "nonsense",
];

it("lets requests go to public names over https only", () => {
  expect(asked([...PUBLIC, ...LOOPBACK, ...PRIVATE], false)).toEqual(PUBLIC);
});

it("lets requests go to this machine too where a setting says so, and nowhere else", () => {
  expect(asked([...PUBLIC, ...LOOPBACK, ...PRIVATE], true)).toEqual([...PUBLIC, ...LOOPBACK]);
});
