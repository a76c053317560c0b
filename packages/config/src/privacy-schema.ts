import { LogMask, SecretText, Section } from '@ringback/contracts';
import { Type } from 'typebox';

const Key = Section({
  key: SecretText({
    pattern: '^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$',
    words: 'a key of 32 bytes in base64 or hexadecimal, such as ringback secret --key prints',
    description: '32 bytes in base64 or hexadecimal.',
  }),
});

const Encrypt = Section(
  {
    keys: Type.Array(Key, { minItems: 1, description: 'The first encrypts, all decrypt.' }),
    active: Type.Boolean({ default: true, description: 'false: what comes is not encrypted. The keys still decrypt.' }),
  },
  { description: 'Encrypts the bodies of callbacks in Redis, the spool and the history.' },
);

export const Privacy = Section(
  {
    encrypt: Type.Optional(Encrypt),
    mask: Type.Optional(
      Section({ logs: Type.Optional(LogMask) }, { description: 'What is hidden. For what an output sends: its own mask.' }),
    ),
  },
  { description: 'How personal data is kept from who need not see it.' },
);
