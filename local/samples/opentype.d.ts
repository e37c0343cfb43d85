/** The part of opentype.js (which brings no types) that text on a picture needs. */
declare module "opentype.js" {
  type Path = {
    /** SVG path data with the given decimals. */
    toPathData(decimalPlaces: number): string;
  };
  type Font = {
    getPath(text: string, x: number, baselineY: number, fontSizePx: number): Path;
    getAdvanceWidth(text: string, fontSizePx: number): number;
  };
  const opentype: { parse(fontFile: ArrayBuffer): Font };
  export default opentype;
}
