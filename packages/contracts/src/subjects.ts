/**
 * What a callback is about, by the ids that its source gives. Read from the body. Whose own callback it is follows from
 * what is there: with `progress` the task's, with `orderFinished` the order's, else with `call` the call's.
 */
export type Subjects = {
  /** The provider's id of a campaign. */
  readonly task?: string | undefined;
  /** The customer's own id of it. */
  readonly userTask?: string | undefined;
  /** An order that the callback names. */
  readonly order?: string | undefined;
  /** A call that the callback names: an order's own callback may name its last one. */
  readonly call?: string | undefined;
  /** Only in a callback that reports on a task as a whole. */
  readonly progress?: TaskProgress | undefined;
  /** Only in an order's own callback. True: the order is finished; false: it goes on. */
  readonly orderFinished?: boolean | undefined;
};

/** What a task says of itself. */
export type TaskProgress = {
  /** In the source's own words: `completed`. */
  readonly state: string;
  readonly orders?: number | undefined;
  readonly ordersFinished?: number | undefined;
  readonly ordersAnswered?: number | undefined;
  readonly calls?: number | undefined;
  readonly callsAnswered?: number | undefined;
};
