/** The space of visual descriptors: what made them, and its version. Vectors of other spaces are never compared. */
export const VISUAL_SPACE = "visual-descriptor-v1";
