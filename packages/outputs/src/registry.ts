import { type Output, type OutputDeps, type OutputType, RingbackError } from '@ringback/contracts';
import { discord } from './discord/discord.ts';
import { slack } from './slack/slack.ts';
import { stdout } from './stdout/stdout.ts';
import { webhook } from './webhook/webhook.ts';

/** Every output type by the name it has in the settings. */
export const outputTypes: Readonly<Record<string, OutputType>> = { discord, slack, stdout, webhook };

/** A stanza of `outputs:`, its settings decoded by the schema of its type. */
export type OutputStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/**
 * Creates a configured output.
 * @throws RingbackError RB_CONFIG_INVALID: an unknown type, or settings that the output refuses
 */
export function createOutput({ name, type, settings }: OutputStanza, deps: OutputDeps): Output {
  const outputType = outputTypes[type];
  if (!outputType) throw new RingbackError('RB_CONFIG_INVALID', `output ${name}: no output type is called ${type}`);
  return outputType.create({ name, settings, deps });
}
