import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** An int on one page of the documentation, a string on another. */
const CallbackType = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })]);
/** Null: the denominator is zero. */
const Rate = Type.Union([Type.Number(), Type.Null()]);

/** A field that stands only in the documented examples. */
const exampleOnly = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]));
const text = exampleOnly(Type.String());
const int = exampleOnly(Type.Integer());

export const TaskBody = Type.Object({
  callbackType: CallbackType,
  userTaskID: Type.String(),
  taskID: Type.String(),
  sceneID: Type.String(),
  taskStatus: Type.Integer(),
  createTs: Type.Integer(),
  taskStat: Type.Object({
    answerOrderCount: Type.Integer(),
    finishOrderCount: Type.Integer(),
    totalOrderCount: Type.Integer(),
    finishRate: Rate,
    totalAnswerCall: Type.Integer(),
    totalCall: Type.Integer(),
    answerRate: Rate,
  }),
});

const Agent = Type.Object({
  agentName: text,
  agentGroup: text,
  agentCallStatus: int,
  agentCallElapsed: int,
  agentLabel: text,
  manualCallStart: int,
  manualCallAnswer: int,
  manualCallEnd: int,
  manualHangupBy: int,
});

const CallInfoDetail = Type.Object({
  callID: text,
  callingNumber: text,
  lineAddress: text,
  callStatus: int,
  callStartTs: int,
  callAnswerTs: int,
  callEndTs: int,
  callDuration: int,
  callAudioUrl: text,
  hangupCause: text,
  termSipCode: text,
  intents: exampleOnly(Type.Array(Type.Object({ intentID: text, intentTag: text, intentName: text, intentLevel: int }))),
  sms: exampleOnly(Type.Array(Type.Object({ smsSendTs: int, sysMessageID: text, smsContent: text }))),
  agent: exampleOnly(Agent),
  params: exampleOnly(Type.Array(Type.Object({ name: text, value: text }))),
});

/** Of orders and calls. */
export const OrderBody = Type.Object({
  callbackType: CallbackType,
  orderID: Type.String(),
  userPhone: Type.String(),
  userName: Type.String(),
  sceneID: Type.String(),
  userTaskID: Type.String(),
  taskID: Type.String(),
  finish: Type.Boolean(),
  other: Type.String(),
  callInfoDetail: CallInfoDetail,
});

export const taskBody = Compile(TaskBody);
export const orderBody = Compile(OrderBody);
