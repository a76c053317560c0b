import { BacklogSettings, Section } from '@ringback/contracts';
import { Type } from 'typebox';

const { over } = Type.Required(Type.Pick(BacklogSettings, ['over'])).properties;

/** What may wait in Redis for one output: `max` alone may be absent. */
export const Backlog = Section(
  { max: BacklogSettings.properties.max, over },
  { description: 'How much may wait for the output in Redis while it cannot take it.' },
);
