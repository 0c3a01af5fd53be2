/** The address of a server, taken apart. */
export interface ServerAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path in front of the routes of the protocol; empty or `/something`, no slash at the end. */
  readonly prefix: string;
}

export interface AddressRules {
  /** What messages call it: `engine URL`. */
  readonly name: string;
  /** An address as it should be. */
  readonly example: string;
  /** What to do with a key instead of writing it into the address. */
  readonly keyAdvice: string;
  /** The path that the protocol's routes begin with; users often copy it as part of the address. */
  readonly route: string;
  /** Makes the error of what is wrong. */
  fail(message: string): Error;
}

/** Reads the address of a server, with or without `route` at the end, or a whole route such as `/v1/chat/completions`. Throws what `fail` makes. */
export function parseServerAddress(text: string, rules: AddressRules): ServerAddress {
  const { name, route } = rules;
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw rules.fail(
      `${name} ${JSON.stringify(text.slice(0, 100))} is not an http or https URL, such as ${rules.example}`,
    );
  }
  // A password in an address ends up in messages and in the store.
  if (url.username !== '' || url.password !== '') {
    throw rules.fail(`${name} of ${url.host} holds a user name or password: ${rules.keyAdvice}`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw rules.fail(`${name} ${showAddress(url)} has a query or fragment: give the path up to ${route} only`);
  }
  const path = trimSlashes(trimRoute(url.pathname));
  return { origin: url.origin, prefix: trimSlashes(path.endsWith(route) ? path.slice(0, -route.length) : path) };
}

/** Routes of the OpenAI protocol, which examples show as part of the address. */
const ROUTES = ['/chat/completions', '/completions', '/models'];

/** The path without a route that the program adds itself. */
function trimRoute(pathname: string): string {
  const path = trimSlashes(pathname);
  const route = ROUTES.find((one) => path.endsWith(`/v1${one}`));
  return route === undefined ? path : path.slice(0, -route.length);
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** An address without what may be secret, such as the signature in a query. */
export function showAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`.slice(0, 300);
}

/** Names and addresses that reach this machine, as the URL parser spells them. */
const LOCAL_HOSTS = [
  /(^|\.)localhost$/,
  /^127\.\d+\.\d+\.\d+$/,
  /^0\.0\.0\.0$/,
  /^\[::1?\]$/,
  /^\[::ffff:(7f[0-9a-f]{2}|0):[0-9a-f]+\]$/,
];

/** Whether an address is this machine's own. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean {
  const name = hostname.replace(/\.$/, '').toLowerCase();
  return LOCAL_HOSTS.some((pattern) => pattern.test(name));
}
