import { Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { Button } from '../../components/Button';
import disclosure from '../../components/Disclosure.module.css';
import styles from './MetricsPage.module.css';

interface Meaning {
  title?: string;
  text: string;
}

/** What a figure means: the words stand one press away. */
export function Hint({ of, meanings }: { of: string; meanings: readonly Meaning[] }) {
  return (
    <DialogTrigger>
      <Button look="quiet" className={styles.hint} aria-label={`What is meant by ${of}`}>
        ?
      </Button>
      <Popover className={disclosure.popover ?? ''}>
        <Dialog aria-label={`What is meant by ${of}`} className={disclosure.dialog ?? ''}>
          <dl className={styles.meanings}>
            {meanings.map(({ title = of, text }) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
