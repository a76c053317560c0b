import { Section } from '@ringback/contracts';
import { Type } from 'typebox';

const TypePattern = Type.String({ minLength: 1, description: 'A type of callback; * stands for any run of characters.' });

const RouteSection = Section(
  {
    match: Type.Codec(
      Type.Union([TypePattern, Type.Array(TypePattern, { minItems: 1 })], {
        default: '*',
        description: 'One or several type patterns, such as callbot.task.*.',
      }),
    )
      .Decode((patterns): string[] => (typeof patterns === 'string' ? [patterns] : patterns))
      .Encode(() => {
        throw new TypeError('settings are read, never written back');
      }),
    when: Type.Optional(
      Type.String({ minLength: 1, description: 'A condition in CEL over data, source, account, requestID and time.' }),
    ),
    to: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'Names of outputs.' })),
    drop: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Instead of to: the reason why these callbacks are dropped. They are counted by this reason.',
      }),
    ),
  },
  { 'x-one-of': ['to', 'drop'] },
);

export const Route = Type.Refine(
  RouteSection,
  ({ to, drop }) => (to === undefined) !== (drop === undefined),
  ({ to }) => (to === undefined ? 'has neither to nor drop; write one of them' : 'has both to and drop; write one of them'),
);
