/**
 * Who a request comes from, as far as limits go: only what the platform itself says. A header that a client can set
 * (`X-Forwarded-For`) is never read. An IPv6 client owns at least a /64, so that is what is counted.
 */
export function clientAddress(headers: Headers): string {
  const address = headers.get("cf-connecting-ip");
  if (address === null) return "local";
  return address.includes(":") ? networkOf(address.toLowerCase()) : address;
}

/** The first four groups of an IPv6 address, `::` written out. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => "0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
