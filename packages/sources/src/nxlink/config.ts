import { Bounded, Duration, PatternText, SecretText, Section, type Settings } from '@ringback/contracts';
import { Type } from 'typebox';
import { PathSetting } from '../http/path-setting.ts';

const AccountSection = Section({
  accessKey: PatternText({
    pattern: '^[\\x21-\\x25\\x27-\\x7e]{1,200}$',
    words: 'an id of 1 to 200 printable ASCII characters, none of them a space or &',
    description: "The account's public id: printable ASCII without &.",
  }),
  accessSecrets: Type.Optional(
    Type.Array(SecretText({ description: 'An accessSecret of the account.' }), {
      minItems: 1,
      maxItems: 10,
      description: 'Every secret that may sign: several while one replaces another.',
    }),
  ),
  signed: Type.Boolean({
    default: true,
    description: 'Whether its callbacks are signed. If not, anyone who can reach the path can send some: set allowFrom.',
  }),
});

const Account = Type.Refine(
  AccountSection,
  ({ signed, accessSecrets }) => signed === (accessSecrets !== undefined),
  ({ signed }) =>
    signed ? 'has no accessSecrets; give them, or say signed: false' : 'has accessSecrets, and signed is false; remove one',
);
export type NxlinkAccount = Settings<typeof AccountSection>;

/** Settings of an `nxlink` source. */
export const NxlinkSettings = Section({
  path: PathSetting({ default: '/nxlink', description: 'Path that takes its callbacks' }),
  accounts: Type.Array(Account, { minItems: 1, description: 'The accounts whose callbacks are taken.' }),
  tolerance: Bounded(Duration({ default: '60s', description: 'How far from our clock ts of a signed callback may be.' }), {
    min: '1s',
    max: '7d',
  }),
});
export type NxlinkSettings = Settings<typeof NxlinkSettings>;
