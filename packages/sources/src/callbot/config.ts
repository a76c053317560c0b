import { Duration, SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { PathSetting } from '../http/path-setting.ts';

/** The paths that the provider's own documentation uses. The customer gives the URLs per task, so every one of them may differ. */
export const DEFAULT_PATHS = {
  task: '/api/v3/taskCallback',
  order: '/api/v3/orderCallback',
  call: '/api/v3/callCallback',
  any: '/callbot',
} as const;

const path = (takes: string, value: string) =>
  Type.Optional(PathSetting({ default: value, description: `Path that takes ${takes}` }));

const CallbotAccount = Section({
  uuid: Type.String({ minLength: 1, description: "The account's id, from the provider's Developer page." }),
  secrets: Type.Array(SecretText({ description: 'A secretKey of the account.' }), {
    minItems: 1,
    maxItems: 10,
    description: 'Every secret that a callback may be signed with: several while one replaces another.',
  }),
  algorithm: Type.Optional(
    Type.Enum(['md5', 'sha256'], { default: 'md5', description: 'As set for the account on the Developer page.' }),
  ),
});
export type CallbotAccount = Settings<typeof CallbotAccount>;

/** Settings of a `callbot` source. */
export const CallbotSettings = Section({
  accounts: Type.Array(CallbotAccount, { minItems: 1, description: 'The accounts whose callbacks are taken.' }),
  maxSkew: Type.Optional(
    Duration({
      description: 'Refuse callbacks signed further from our clock than this. Off by default: a late retry may be right.',
    }),
  ),
  paths: Type.Optional(
    Section({
      task: path('task callbacks', DEFAULT_PATHS.task),
      order: path('order callbacks', DEFAULT_PATHS.order),
      call: path('call callbacks', DEFAULT_PATHS.call),
      any: path('callbacks of any type', DEFAULT_PATHS.any),
    }),
  ),
});
export type CallbotSettings = Settings<typeof CallbotSettings>;
