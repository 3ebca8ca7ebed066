import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { readSeq, readStepView, writeStepView, type StepView } from './step-view';

/** Browsers refuse an address that changes with every press of a key. */
const PAUSE_MS = 250;

/** View, filter and selected step, as the address has them. */
export function useStepAddress() {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const view = useMemo(() => readStepView(new URLSearchParams(address)), [address]);
  const [selectedSeq, select] = useState(() => readSeq(params));
  const write = useEffectEvent((view: StepView, seq: number | null) => {
    const next = writeStepView(view, seq);
    if (next.toString() !== address) setParams(next, { replace: true });
  });
  useEffect(() => {
    const timer = setTimeout(() => write(view, selectedSeq), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [view, selectedSeq]);
  const setView = (view: StepView) => setParams(writeStepView(view, selectedSeq), { replace: true });
  return { view, setView, selectedSeq, select };
}
