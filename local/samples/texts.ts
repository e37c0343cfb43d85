/** What the sample documents say. Each has words that no other sample has, so that a search tells them apart. */
import type { DocxText } from "./docx.ts";
import type { PdfText } from "./pdf.ts";

/** A technical report of two pages. */
export const TURBINE_REPORT: PdfText = {
  title: "Tidal turbine inspection",
  author: "Marit Solberg",
  pages: [
    [
      "Tidal turbine inspection, spring 2026",
      "",
      "The tidal turbine in the northern channel was lifted for its yearly inspection.",
      "Divers found growth on two of the three blades; the coating below it is sound.",
      "The gearbox was opened, and its oil was sent to the laboratory.",
      "Metal in the oil is within the limits that the maker of the gearbox gives.",
    ],
    [
      "Findings and next steps",
      "",
      "1. The seal of the main shaft leaks a little (under 5 ml a day) and is replaced.",
      "2. The blades are cleaned and painted again before the summer.",
      "3. The turbine returns to the channel with the neap tide of June.",
      "",
      "Energy delivered since the last inspection: 1,940 megawatt hours.",
    ],
  ],
};

/** Notes of a page. */
export const HIVE_NOTES: DocxText = {
  title: "Beekeeping notes from the orchard",
  author: "Tomas Adeyemi",
  paragraphs: [
    "Beekeeping notes from the orchard",
    "The apple trees of the orchard opened their blossom in the first week of May, and the bees found them at once.",
    "Hive 4 has a young queen. She lays well, and the colony fills eight frames with brood.",
    "Honey & wax: the first harvest gave 21 kg of pale honey, and the wax goes to the candle maker.",
    "Next visit: give hive 2 more room before it swarms, and look for mites in the drone cells.",
  ],
};
