import type { MaskSettings, Output, PersonalFields } from '@ringback/contracts';
import { createOutputMask } from './output-mask.ts';

type Options = {
  readonly output: Output;
  /** Absent: the output gets what came. */
  readonly settings: MaskSettings | undefined;
  /** Of a source. Undefined: its fields are told by their names. */
  readonly personalOf: (source: string) => PersonalFields | undefined;
};

/** The output with masked bodies: it and what it sends never see the hidden values. */
export function maskedOutput({ output, settings, personalOf }: Options): Output {
  if (settings === undefined) return output;
  const mask = createOutputMask({ settings, personalOf });
  return {
    ...output,
    deliver: (delivery, signal) => output.deliver({ ...delivery, callback: mask(delivery.callback) }, signal),
  };
}
