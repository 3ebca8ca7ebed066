import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useSession } from '../api/api-context';
import { showName } from '../format/hostile-text';
import { Button } from './Button';
import styles from './Toasts.module.css';

export interface Toast {
  tone: 'good' | 'bad' | 'plain';
  text: string;
  action?: { label: string; onPress: () => void };
}

interface ShownToast extends Toast {
  id: number;
}

interface Toasts {
  show: (toast: Toast) => void;
}

const SHOWN_MS = 8_000;
const MOST_AT_ONCE = 4;

const ToastContext = createContext<Toasts | null>(null);

/** Short messages at the edge of the page. What asks for an answer belongs into the page itself. */
export function useToasts(): Toasts {
  const toasts = use(ToastContext);
  if (!toasts) throw new Error('useToasts needs a ToastProvider around it.');
  return toasts;
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<ShownToast[]>([]);
  const nextId = useRef(0);
  const isSignedOut = useSession().state === 'signed-out';
  // What one person was told is not for the next.
  useEffect(() => {
    if (isSignedOut) setShown([]);
  }, [isSignedOut]);
  const close = useCallback(
    (id: number) => setShown((toasts) => toasts.filter((toast) => toast.id !== id)),
    [],
  );
  const toasts = useMemo<Toasts>(
    () => ({
      show: (toast) => {
        const id = nextId.current++;
        setShown((before) => [...before, { ...toast, id }].slice(-MOST_AT_ONCE));
        // Bad news stays until it is read.
        if (toast.tone !== 'bad') setTimeout(() => close(id), SHOWN_MS);
      },
    }),
    [close],
  );
  return (
    <ToastContext value={toasts}>
      {children}
      <div className={styles.region} role="region" aria-label="Messages">
        <ul aria-live="polite">
          {shown.map(({ id, tone, text, action }) => (
            <li key={id} className={`${styles.toast} ${styles[tone]}`}>
              <span className={styles.text}>{showName(text)}</span>
              {action && (
                <Button
                  look="quiet"
                  onPress={() => {
                    close(id);
                    action.onPress();
                  }}
                >
                  {action.label}
                </Button>
              )}
              <Button look="quiet" aria-label="Close the message" onPress={() => close(id)}>
                ✕
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </ToastContext>
  );
}
