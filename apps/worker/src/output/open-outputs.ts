import type { InspectedConfig, SettingsChange } from '@ringback/config';
import type { Logger, OutputDeps } from '@ringback/contracts';
import { createOutput } from '@ringback/outputs';
import { type BodyCodec, maskedOutput, openedOutput } from '@ringback/privacy';
import { sourceTypes } from '@ringback/sources';
import type { OnAttempt } from '../metrics/attempts.ts';
import { openOutput, type ServedOutput } from './output.ts';

export type OutputsOptions = {
  readonly settings: Pick<InspectedConfig, 'config' | 'locate'>;
  readonly deps: OutputDeps;
  readonly open?: BodyCodec['open'];
  /** Of the generation before, with what has changed since. */
  readonly before?: { readonly outputs: readonly ServedOutput[]; readonly changes: readonly SettingsChange[] };
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Counts attempts for the metrics. */
  readonly attemptsOf: (output: string) => OnAttempt;
  readonly logger: Logger;
};

/** An unchanged output goes on as it is, its breaker as well. @throws RingbackError RB_CONFIG_INVALID */
export function openOutputs(options: OutputsOptions): ServedOutput[] {
  const {
    settings: { config, locate },
    deps,
    open,
    before,
    now,
    attemptsOf,
    logger,
  } = options;
  const goesOn = (name: string) => before?.changes.every(({ setting }) => !`${setting}.`.startsWith(`outputs.${name}.`));
  const personalOf = (source: string) => sourceTypes[deps.sourceTypeOf(source) ?? '']?.personal;
  return config.outputs.map((settings, index) => {
    const standing = before?.outputs.find(({ output }) => output.name === settings.name);
    if (standing && goesOn(settings.name)) return standing;
    const plain = locate(['outputs', index], () => createOutput(settings, deps));
    const masked = maskedOutput({ output: plain, settings: settings.delivery.mask, personalOf });
    const output = open === undefined ? masked : openedOutput(masked, open);
    return openOutput({ output, settings, now, before: standing, attempted: attemptsOf(settings.name), logger });
  });
}

/** Those that fail, for others to see. */
export function failingOf(outputs: readonly ServedOutput[]) {
  return Object.fromEntries(
    outputs.flatMap(({ output, breaker }) => {
      const { failing } = breaker.status();
      return failing ? [[output.name, failing] as const] : [];
    }),
  );
}
