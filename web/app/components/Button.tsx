import type { Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { Link, type LinkProps } from 'react-router';
import styles from './Button.module.css';

type Look = 'plain' | 'primary' | 'danger' | 'quiet' | 'small';

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'isPending'> {
  ref?: Ref<HTMLButtonElement>;
  look?: Look;
  className?: string | undefined;
  /** What was pressed is under way: the button stays, keeps the focus, and does nothing. Forms look after themselves. */
  isPending?: boolean;
}

export function Button({
  look = 'plain',
  className = '',
  isPending = false,
  onPress,
  ...props
}: ButtonProps) {
  return (
    <AriaButton
      {...props}
      {...(onPress && !isPending ? { onPress } : {})}
      className={`${styles.button} ${styles[look]} ${isPending ? styles.pending : ''} ${className}`}
    />
  );
}

/** A link that looks like a button: for going somewhere, where a button does something. */
export function ButtonLink({ look = 'plain', className = '', ...props }: LinkProps & { look?: Look }) {
  return <Link {...props} className={`${styles.button} ${styles[look]} ${className}`} />;
}
