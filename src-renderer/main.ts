import { mount } from 'svelte'
import App from './app.svelte'
import { openChannel } from './carrier.ts'
import { Core } from './core.svelte.ts'
import './style/fonts.css'
import './style/tokens.css'
import './style/base.css'

const target = document.getElementById('app')
if (target) mount(App, { target, props: { core: new Core(openChannel) } })
