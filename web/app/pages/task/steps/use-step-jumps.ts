import { useApi } from '../../../api/api-context';
import { useToasts } from '../../../components/Toasts';
import { showName } from '../../../format/hostile-text';
import { formatCount } from '../../../format/numbers';
import { formatExact } from '../../../format/times';
import {
  CostliestStepDocument,
  MatchingStepsDocument,
  SlowestStepDocument,
  type StepFilter,
} from '../../../generated/graphql';
import { readMoment } from './read-moment';
import type { StepStore } from './step-store';

export type Jump = 'first-error' | 'next-error' | 'slowest' | 'costliest';

/** Ways to a step that need not be in sight. Each says so where there is no such step. */
export interface StepJumps {
  to: (jump: Jump) => void;
  toNumber: (text: string) => void;
  toTime: (text: string) => void;
}

const NONE: Record<Jump, string> = {
  'first-error': 'No step failed.',
  'next-error': 'No step after this one failed.',
  slowest: 'No step has a known latency.',
  costliest: 'No step has a known cost.',
};
const FAILED: StepFilter = { statuses: ['FAILED'] };

export function useStepJumps(options: {
  taskId: string;
  store: StepStore;
  /** When the task began; null = not known. */
  startMs: number | null;
  selectedSeq: number | null;
  go: (seq: number) => void;
}): StepJumps {
  const { taskId, store, startMs, selectedSeq, go } = options;
  const { api } = useApi();
  const toasts = useToasts();

  const firstOf = async (filter: StepFilter, fromSeq = 1) => {
    const { task } = await api.request(MatchingStepsDocument, { taskId, filter, first: 1, fromSeq });
    return task?.steps.nodes[0]?.seq;
  };
  const seekers: Record<Jump, () => Promise<number | undefined>> = {
    'first-error': () => firstOf(FAILED),
    'next-error': () => firstOf(FAILED, (selectedSeq ?? 0) + 1),
    slowest: async () => (await api.request(SlowestStepDocument, { taskId })).task?.slowestStep?.seq,
    costliest: async () => (await api.request(CostliestStepDocument, { taskId })).task?.costliestStep?.seq,
  };
  const goWhere = async (seek: () => Promise<number | undefined>, none: string) => {
    try {
      const seq = await seek();
      if (seq === undefined) return toasts.show({ tone: 'good', text: none });
      // The server may have told of a step here before it came live.
      store.grow(seq);
      go(seq);
    } catch (error) {
      toasts.show({ tone: 'bad', text: (error as Error).message });
    }
  };

  return {
    to: (jump) => void goWhere(seekers[jump], NONE[jump]),
    toNumber: (text) => {
      const digits = text.replace(/[\s,.#]/g, '');
      const seq = Number(digits);
      if (!/^\d+$/.test(digits) || seq < 1) {
        toasts.show({ tone: 'plain', text: `“${showName(text, 60)}” is no step number: they count from 1.` });
      } else if (seq > store.count) {
        const last = store.count === 0 ? 'there are none yet' : `the last is ${formatCount(store.count)}`;
        toasts.show({ tone: 'plain', text: `There is no step ${formatCount(seq)}: ${last}.` });
      } else go(seq);
    },
    toTime: (text) => {
      const moment = readMoment(text, startMs);
      if ('problem' in moment) return toasts.show({ tone: 'plain', text: moment.problem });
      const startedAfter = new Date(moment.ms).toISOString();
      const none = `No step is known to have begun at ${formatExact(moment.ms)} or later.`;
      void goWhere(() => firstOf({ startedAfter }), none);
    },
  };
}
