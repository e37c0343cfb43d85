/**
 * A vector of what a text says, made without any model: the hashing trick over words and character trigrams.
 *
 * Pure and deterministic. PERSISTED CONTRACT: stored vectors are compared with vectors of later releases, so any
 * change of a number or rule here needs a new `LEXICAL_SPACE`.
 */
import { isStopWord, lightStem, normalisedWords } from "./words.ts";

/** Name of the space of these vectors; vectors of other spaces are never compared with them. */
export const LEXICAL_SPACE = "lexical-hash-v1";

/** Length of every vector of the space. */
export const LEXICAL_DIMENSIONS = 384;

/** A stop word counts this much of any other word. */
const STOP_WORD_WEIGHT = 0.1;

/** Length of the trigram part of one word beside its word part of length 1: spelling counts less than identity. */
const TRIGRAM_WEIGHT = 0.8;

/**
 * Each feature is written to this many positions. One shared position of two unrelated one-word texts then adds at
 * most a quarter of a feature, where a single position would make them look alike.
 */
const POSITIONS_PER_FEATURE = 4;

/**
 * The unit vector of a text: cosine similarity of two of them tells how many words, and parts of words, they share.
 *
 * Term frequency is sublinear (1 + ln n), word order does not matter, accents and case are folded. A text without a
 * letter or digit gives the zero vector, which is similar to nothing.
 */
export function lexicalVector(text: string): number[] {
  const counts = new Map<string, number>();
  for (const word of normalisedWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);

  const features = new Map<string, number>();
  // Sorted, because floating-point addition in another order gives another last digit.
  for (const [word, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const weight = (1 + Math.log(count)) * (isStopWord(word) ? STOP_WORD_WEIGHT : 1);
    addTo(features, `w:${lightStem(word)}`, weight);
    const trigrams = trigramsOf(word);
    for (const trigram of trigrams)
      addTo(features, `t:${trigram}`, (weight * TRIGRAM_WEIGHT) / Math.sqrt(trigrams.length));
  }

  const vector = Array.from({ length: LEXICAL_DIMENSIONS }, () => 0);
  for (const [feature, weight] of features) scatter(vector, feature, weight);
  return normalised(vector);
}

function addTo(features: Map<string, number>, feature: string, weight: number): void {
  features.set(feature, (features.get(feature) ?? 0) + weight);
}

function trigramsOf(word: string): string[] {
  const letters = Array.from(`<${word}>`);
  const trigrams = [];
  for (let i = 0; i + 2 < letters.length; i += 1) trigrams.push(letters.slice(i, i + 3).join(""));
  return trigrams;
}

function scatter(vector: number[], feature: string, weight: number): void {
  const share = weight / Math.sqrt(POSITIONS_PER_FEATURE);
  for (let i = 0; i < POSITIONS_PER_FEATURE; i += 1) {
    const hash = hashOf(feature, i);
    const position = (hash >>> 1) % LEXICAL_DIMENSIONS;
    vector[position] = (vector[position] ?? 0) + (hash & 1 ? share : -share);
  }
}

/** FNV-1a over UTF-16 code units (offset basis and prime of the 32-bit variant), then murmur3's final mix. */
function hashOf(feature: string, seed: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < feature.length; i += 1) hash = Math.imul(hash ^ feature.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function normalised(vector: number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
