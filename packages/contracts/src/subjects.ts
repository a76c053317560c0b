/** What a callback is about, by the ids that its source gives. Read from the body. */
export type Subjects = {
  /** The provider's id of a campaign. */
  readonly task?: string;
  /** The customer's own id of it. */
  readonly userTask?: string;
  readonly order?: string;
  readonly call?: string;
  /** Only in a callback that reports on a task as a whole. */
  readonly progress?: TaskProgress;
  /** True in a callback that reports a finished order; false if the order goes on. */
  readonly orderFinished?: boolean;
};

/** What a task says of itself. */
export type TaskProgress = {
  /** In the source's own words: `completed`. */
  readonly state: string;
  readonly orders?: number;
  readonly ordersFinished?: number;
  readonly ordersAnswered?: number;
  readonly calls?: number;
  readonly callsAnswered?: number;
};
