import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { useAddressView } from '../../../shell/use-address-view';
import { readSeq, readStepView, writeStepView, type StepView } from './step-view';

/** Browsers refuse an address that changes with every press of a key. */
const PAUSE_MS = 250;

/** View, filter and selected step, as the address has them. */
export function useStepAddress() {
  const [selectedSeq, select] = useState(() => readSeq(new URLSearchParams(location.search)));
  const write = useCallback((view: StepView) => writeStepView(view, selectedSeq), [selectedSeq]);
  const [view, changeView] = useAddressView(readStepView, write);
  const writeSeq = useEffectEvent(() => changeView((view) => view));
  useEffect(() => {
    const timer = setTimeout(() => writeSeq(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [selectedSeq]);
  return { view, changeView, selectedSeq, select };
}
