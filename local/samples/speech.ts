/** Makes speech-like sound: voiced syllables through the resonances of a mouth, hisses, and a pause in the middle. */
import { writeFile } from "node:fs/promises";
import { wavOf } from "./wav.ts";

/** What speech recognisers take. */
const SPEECH_SAMPLE_RATE = 16_000;

/** When it speaks and when it is still, in seconds from the start. */
const SPEECH_PLAN = { seconds: 8, pauseStart: 3, pauseEnd: 5 } as const;

/** Frequencies of the first three resonances of a vowel in hertz (a, e, i, o, u of a man's voice, rounded). */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;

const BANDWIDTHS_HZ = [80, 100, 140] as const;
const SYLLABLE_SECONDS = 0.22;

/** The part of a syllable at its start that hisses, as a consonant does. */
const HISS_SHARE = 0.22;

/** Writes a mono 16-bit WAV of 8 s whose sound pauses from 3 s to 5 s. The samples are the same in every run. */
export async function makeSpeech(path: string): Promise<void> {
  await writeFile(path, wavOf(speechSamples(), SPEECH_SAMPLE_RATE));
}

/** The sound in -1 to 1, at `SPEECH_SAMPLE_RATE`. */
function speechSamples(): Float32Array {
  const { seconds, pauseStart, pauseEnd } = SPEECH_PLAN;
  const samples = new Float32Array(seconds * SPEECH_SAMPLE_RATE);
  const count = Math.floor(seconds / SYLLABLE_SECONDS);
  const noise = noiseSource();
  for (let index = 0; index < count; index += 1) {
    const start = index * SYLLABLE_SECONDS;
    const inPause = start + SYLLABLE_SECONDS > pauseStart && start < pauseEnd;
    if (!inPause) addSyllable(samples, index, Math.round(start * SPEECH_SAMPLE_RATE), noise);
  }
  return scaledTo(samples, 0.6);
}

function addSyllable(samples: Float32Array, index: number, start: number, noise: () => number): void {
  const length = Math.round(SYLLABLE_SECONDS * SPEECH_SAMPLE_RATE);
  const vowel = VOWELS[(index * 3 + (index >> 2)) % VOWELS.length] ?? VOWELS[0];
  const voice = vowel.map((frequency, at) => resonator(frequency, BANDWIDTHS_HZ[at] ?? 100));
  const hiss = resonator(5200, 900);
  let phase = 0;
  for (let at = 0; at < length; at += 1) {
    const place = at / length;
    // The pitch falls within a syllable and sways over a phrase, near 120 Hz.
    const pitchHz = 120 + 18 * Math.sin(index * 0.9) - 14 * place;
    phase += pitchHz / SPEECH_SAMPLE_RATE;
    const pulse = phase >= 1 ? 1 : 0;
    phase %= 1;
    const voiced = voice.reduce((sum, filter) => sum + filter(pulse), 0) * Math.sin(Math.PI * place) ** 0.7;
    const hissed = place < HISS_SHARE ? 0.05 * hiss(noise()) * Math.sin((Math.PI * place) / HISS_SHARE) : 0;
    samples[start + at] = voiced + hissed;
  }
}

/** A two-pole resonance: it rings at `frequencyHz` and fades the faster the wider its band. */
function resonator(frequencyHz: number, bandwidthHz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * bandwidthHz) / SPEECH_SAMPLE_RATE);
  const turn = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / SPEECH_SAMPLE_RATE);
  let last = 0;
  let beforeLast = 0;
  return (input) => {
    const output = input + turn * last - radius * radius * beforeLast;
    beforeLast = last;
    last = output;
    return output;
  };
}

/** Even noise in -1 to 1 by a linear congruential generator (Numerical Recipes' constants): the same in every run. */
function noiseSource(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function scaledTo(samples: Float32Array, peak: number): Float32Array {
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return loudest === 0 ? samples : samples.map((sample) => (sample / loudest) * peak);
}
