import { Type } from 'typebox';

/** A field that is shown when there: text, or a number as the digits that came. */
export const ShownText = Type.Optional(Type.Union([Type.String(), Type.Null()]));
