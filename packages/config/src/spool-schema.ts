import { Bounded, Duration, Section, Size } from '@ringback/contracts';
import { Type } from 'typebox';

export const Spool = Section(
  {
    path: Type.String({
      minLength: 1,
      description:
        'The file, from the folder of the settings file; each ingress needs one of its own. Its folder must exist, on a disk that outlives the process.',
    }),
    maxBytes: Bounded(
      Size({ default: '1GiB', description: 'How large the file may become; beyond it callbacks are refused with 503.' }),
      {
        min: '1MiB',
        max: '1024GiB',
      },
    ),
    maxAge: Bounded(
      Duration({
        default: '24h',
        description: 'While its oldest callback is older than this, further ones are refused with 503.',
      }),
      { min: '1s', max: '365d' },
    ),
  },
  { description: 'Where callbacks are kept while Redis is away; absent: nowhere, they are refused with 503.' },
);
