import { type Output, type OutputDeps, type OutputType, RingbackError } from '@ringback/contracts';
import { discord } from './discord/discord.ts';
import { slack } from './slack/slack.ts';
import { stdout } from './stdout/stdout.ts';
import { webhook } from './webhook/webhook.ts';

export const outputTypes: Readonly<Record<string, OutputType>> = { discord, slack, stdout, webhook };

export type OutputStanza = { readonly name: string; readonly type: string; readonly settings: unknown };

/** @throws RingbackError RB_CONFIG_INVALID for an unknown type or refused settings */
export function createOutput({ name, type, settings }: OutputStanza, deps: OutputDeps): Output {
  const outputType = outputTypes[type];
  if (!outputType) throw new RingbackError('RB_CONFIG_INVALID', `output ${name}: no output type is called ${type}`);
  return outputType.create({ name, settings, deps });
}
