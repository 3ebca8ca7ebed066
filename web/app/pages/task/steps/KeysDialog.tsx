import { useEffect, useRef } from 'react';
import { Button } from '../../../components/Button';
import styles from './KeysDialog.module.css';

const KEYS: readonly [keys: string[], meaning: string][] = [
  [['j', '↓'], 'Next step'],
  [['k', '↑'], 'Previous step'],
  [['Enter'], 'Open or close the step'],
  [['←'], 'Fold what happened within the step, or go to the step that it lies in'],
  [['→'], 'Unfold what happened within the step, or go to the first of it'],
  [['-', '+'], 'Fold or unfold all'],
  [['g'], 'First step'],
  [['G'], 'Last step; follows what comes'],
  [['Page ↓', 'Page ↑'], 'A screen on or back, from a step'],
  [['/'], 'Search in the steps; Enter goes on to the matches'],
  [['f'], 'First error'],
  [['e'], 'Next error'],
  [['s'], 'Slowest step'],
  [['c'], 'Costliest step'],
  [['#'], 'Step by number'],
  [['t'], 'Time: 1:30 or 90 s from the beginning, 14:05:30 or 2:05 pm by the clock, or a date and time'],
  [['1', '2', '3'], 'Log, tree, timeline'],
  [['?'], 'These keys'],
];

export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Button onPress={onClose}>Close</Button>
    </dialog>
  );
}
