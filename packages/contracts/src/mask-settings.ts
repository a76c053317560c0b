import { type StaticDecode, Type } from 'typebox';
import { PatternText, Section } from './settings.ts';

/** `$.data.customer.*`, `$.items[*].email`, `$['a key']`. */
const MASK_PATH = String.raw`^\$(\.[^.[\]\s*'"]+|\.\*|\[\*\]|\[\d{1,6}\]|\['[^'\\]+'\])+$`;

const PathText = PatternText({
  pattern: MASK_PATH,
  words: "a path such as $.data.customer.*, $.items[*].email or $['a key']",
  description: 'A path in the body. What is below it is masked as well.',
});

const fields = {
  phone: Type.Optional(Type.Boolean({ description: 'Mask phone numbers: the last two digits are left.' })),
  name: Type.Optional(Type.Boolean({ description: 'Mask the names of people.' })),
  paths: Type.Optional(Type.Array(PathText, { minItems: 1, description: 'Further fields to mask.' })),
};

export const OutputMask = Section(fields, { description: 'What is hidden in what this output sends.' });
export const LogMask = Section(fields, { description: 'What is hidden in log lines. The paths are those of a line.' });
export type MaskSettings = StaticDecode<typeof OutputMask>;

/** Paths of the bodies' personal fields, as in `MaskSettings`. */
export type PersonalFields = { readonly phone: readonly string[]; readonly name: readonly string[] };
