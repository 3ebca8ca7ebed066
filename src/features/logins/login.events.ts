/** Published after every commit that changed a login session; key: the project's id. */
export interface LoginSessionChanged {
  sessionId: string;
  /** The revision it has now. */
  revision: number;
}

/** Sender: the logins feature. Listener: its live feed. Hints: the rows are the truth. */
export interface LoginEvents {
  loginSessionChanged: LoginSessionChanged;
}
