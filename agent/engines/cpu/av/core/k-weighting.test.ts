import { describe, expect, it } from "vitest";
import { addWeightedEnergy, kWeighting } from "./k-weighting.ts";

describe("K-weighting", () => {
  it("has at 48 kHz the coefficients that ITU-R BS.1770-4 prints", () => {
    const [shelf, highPass] = kWeighting(48_000);

    expect(shelf.b0).toBeCloseTo(1.53512485958697, 10);
    expect(shelf.b1).toBeCloseTo(-2.69169618940638, 10);
    expect(shelf.b2).toBeCloseTo(1.19839281085285, 10);
    expect(shelf.a1).toBeCloseTo(-1.69065929318241, 10);
    expect(shelf.a2).toBeCloseTo(0.73248077421585, 10);
    expect(highPass.a1).toBeCloseTo(-1.99004745483398, 10);
    expect(highPass.a2).toBeCloseTo(0.99007225036621, 10);
  });

  it("gives the same energy to the last bit however the signal is cut", () => {
    const samples = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 7) * 0.4);
    const weighting = kWeighting(44_100);
    const whole = addWeightedEnergy(weighting, [0, 0, 0, 0], samples, { from: 0, to: 1000 }, 0);
    const memory = [0, 0, 0, 0];
    let cut = 0;
    for (const [from, to] of [
      [0, 1],
      [1, 333],
      [333, 1000],
    ] as const) {
      cut = addWeightedEnergy(weighting, memory, samples, { from, to }, cut);
    }

    expect(cut).toBe(whole);
  });
});
