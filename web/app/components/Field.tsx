import { useId, type ComponentProps } from 'react';
import { FieldError, Input, Label, Text, TextField, type TextFieldProps } from 'react-aria-components';
import styles from './Field.module.css';

interface FieldProps extends Omit<TextFieldProps, 'className'> {
  label: string;
  isLabelHidden?: boolean;
  hint?: string | undefined;
  /** What the server said of it. */
  problem?: string | undefined;
  placeholder?: string | undefined;
}

/** A labelled line of text, with its hint or what is wrong with it. */
export function Field({ label, isLabelHidden = false, hint, problem, placeholder, ...props }: FieldProps) {
  return (
    <TextField
      {...props}
      isInvalid={problem !== undefined}
      className={styles.field ?? ''}
      validationBehavior="aria"
    >
      <Label className={isLabelHidden ? 'visually-hidden' : ''}>{label}</Label>
      <Input className={styles.input ?? ''} placeholder={placeholder} />
      {hint && !problem && (
        <Text slot="description" className={styles.hint ?? ''}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.problem ?? ''}>{problem}</FieldError>
    </TextField>
  );
}

interface ChoiceProps<Value extends string> extends Omit<ComponentProps<'select'>, 'value' | 'onChange'> {
  label: string;
  isLabelHidden?: boolean;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChoose: (value: Value) => void;
}

/** One of a few: the browser's own list, which every device shows in its own best way. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { label, isLabelHidden = false, value, options, onChoose, className = '', ...rest } = props;
  const id = useId();
  return (
    <span className={`${isLabelHidden ? '' : styles.field} ${className}`}>
      <label htmlFor={id} className={isLabelHidden ? 'visually-hidden' : undefined}>
        {label}
      </label>
      <select
        {...rest}
        id={id}
        className={styles.select}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChoose(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
}
