import { render } from 'preact';
import { App } from './app.tsx';
import './page.css';
import { openSource } from './source.ts';

render(<App source={openSource()} />, document.getElementById('page')!);
