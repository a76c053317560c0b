import { LogMask, Section } from '@ringback/contracts';
import { Type } from 'typebox';

export const Privacy = Section(
  {
    mask: Type.Optional(
      Section({ logs: Type.Optional(LogMask) }, { description: 'What is hidden. For what an output sends: its own mask.' }),
    ),
  },
  { description: 'How personal data is kept from who need not see it.' },
);
