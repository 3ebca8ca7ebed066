import { Checkbox, CheckboxGroup, Label } from 'react-aria-components';
import styles from './Checks.module.css';

interface ChecksProps<Value extends string> {
  label: string;
  values: readonly Value[];
  options: readonly { value: Value; label: string }[];
  onChange: (values: Value[]) => void;
}

/** Any of a few. */
export function Checks<Value extends string>({ label, values, options, onChange }: ChecksProps<Value>) {
  return (
    <CheckboxGroup
      className={styles.group ?? ''}
      value={[...values]}
      // In the order of the options, whatever order they were ticked in.
      onChange={(chosen) => onChange(options.flatMap(({ value }) => (chosen.includes(value) ? [value] : [])))}
    >
      <Label>{label}</Label>
      <div className={styles.options}>
        {options.map((option) => (
          <Checkbox key={option.value} value={option.value} className={styles.check ?? ''}>
            <span className={styles.box} aria-hidden="true" />
            {option.label}
          </Checkbox>
        ))}
      </div>
    </CheckboxGroup>
  );
}
