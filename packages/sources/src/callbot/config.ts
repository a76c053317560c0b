import { Duration, SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { PathSetting } from '../http/path-setting.ts';

const CallbotAccount = Section({
  uuid: Type.String({ minLength: 1, description: "The account's id, from the provider's Developer page." }),
  secrets: Type.Array(SecretText({ description: 'A secretKey of the account.' }), {
    minItems: 1,
    maxItems: 10,
    description: 'Every secret that a callback may be signed with: several while one replaces another.',
  }),
  algorithm: Type.Enum(['md5', 'sha256'], { default: 'md5', description: 'As set for the account on the Developer page.' }),
});
export type CallbotAccount = Settings<typeof CallbotAccount>;

/** The defaults are the paths in the provider's documentation. */
const Paths = Section(
  {
    task: PathSetting({ default: '/api/v3/taskCallback', description: 'Path that takes task callbacks' }),
    order: PathSetting({ default: '/api/v3/orderCallback', description: 'Path that takes order callbacks' }),
    call: PathSetting({ default: '/api/v3/callCallback', description: 'Path that takes call callbacks' }),
    any: PathSetting({ default: '/callbot', description: 'Path that takes callbacks of any type' }),
  },
  { default: {} },
);

/** Settings of a `callbot` source. */
export const CallbotSettings = Section({
  accounts: Type.Array(CallbotAccount, { minItems: 1, description: 'The accounts whose callbacks are taken.' }),
  maxSkew: Type.Optional(
    Duration({
      description: 'Refuse callbacks signed further from our clock than this. Off by default: a late retry may be right.',
    }),
  ),
  paths: Paths,
});
export type CallbotSettings = Settings<typeof CallbotSettings>;
