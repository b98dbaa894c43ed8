/**
 * What is drawn of a plot: uPlot, loaded when the first one is opened. It knows lines, columns and pixels; what they mean is the plot desk's.
 * Called by plot-view.svelte.
 */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Disposable } from '../../../src-main/base/event.ts'
import type { Drawing } from '../../model/monitor/plot-desk.svelte.ts'
import { inkOf, isGap, type Ink } from '../../model/monitor/plot-ink.ts'

/** How one line looks: in a colour, and in a dash that is its own among eight. */
export interface LineLook {
  readonly colour: string
  readonly dash: readonly number[]
}

export interface ChartColours {
  readonly text: string
  readonly grid: string
  readonly ground: string
  readonly font: string
}

export interface ChartOptions {
  readonly place: HTMLElement
  /** Of the scheme that holds now: asked for each time that it is drawn anew. */
  readonly colours: () => ChartColours
  /** `seconds`, `step`: of the axis. */
  readonly timeWords: (seconds: number, step: number) => string
  readonly valueWords: (value: number) => string
  readonly onzoom: (fromNs: number, toNs: number) => void
  /** By so much, around this time. */
  readonly onwheel: (factor: number, aroundNs: number) => void
  readonly oncursor: (timeNs: number | undefined) => void
  /** A point of a line of the drawing. */
  readonly onpick: (line: number, timeNs: number) => void
  readonly onreset: () => void
}

/** A shorter way of the mouse is a click, in px. */
const CLICK_PX = 4
/** So near to a point it is meant, in px. */
const NEAR_PX = 24
const WHEEL = 1.25
/** Of CSS. */
const LINE_PX = 1.6
/** A line that goes further up and down than so many times the height is filled in columns. */
const LONG = 16
/** How much is seen of such a line in the gaps of its dashes: no peak is left out. */
const GAP_ALPHA = 0.3

const stroked = uPlot.paths.linear?.()

export class PlotChart implements Disposable {
  readonly #options: ChartOptions
  #plot: uPlot | undefined
  #looks: readonly LineLook[] = []
  #drawing: Drawing | undefined
  /** By the place of its line; undefined: it is stroked. */
  readonly #inks: (Ink | undefined)[] = []
  #pressed: { readonly x: number; readonly y: number } | undefined
  #isMoving = false

  constructor(options: ChartOptions) {
    this.#options = options
  }

  /** Pixels of CSS across the part where lines are. */
  get width(): number {
    return this.#plot?.over.clientWidth ?? this.#options.place.clientWidth
  }

  /** Other lines, or other looks: the next drawing is theirs. */
  setLooks(looks: readonly LineLook[]): void {
    this.#looks = looks
    this.#plot?.destroy()
    this.#plot = undefined
  }

  draw(drawing: Drawing): void {
    // Lines came or went, and their looks with the next effect.
    if (drawing.lines.length !== this.#looks.length) return
    this.#drawing = drawing
    const data = [drawing.columns.x, ...drawing.columns.ys] as uPlot.AlignedData
    const min = (drawing.fromNs - drawing.originNs) / 1e9
    const max = (drawing.toNs - drawing.originNs) / 1e9
    const plot = (this.#plot ??= this.#make(data))
    plot.batch(() => {
      plot.setData(data, false)
      plot.setScale('x', { min, max })
    })
  }

  /** Its line stands there; undefined: nowhere. */
  moveCursor(timeNs: number | undefined): void {
    const [plot, drawing] = [this.#plot, this.#drawing]
    if (!plot || !drawing) return
    this.#isMoving = true
    const left = timeNs === undefined ? -10 : plot.valToPos((timeNs - drawing.originNs) / 1e9, 'x')
    plot.setCursor({ left, top: timeNs === undefined ? -10 : plot.over.clientHeight / 2 })
    this.#isMoving = false
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#options.place
    if (width > 0 && height > 0) this.#plot?.setSize({ width, height })
  }

  /** As it is seen, with its names below; undefined: nothing is drawn. */
  picture(names: readonly string[]): HTMLCanvasElement | undefined {
    const from = this.#plot?.ctx.canvas
    if (!from) return undefined
    const colours = this.#options.colours()
    const scale = devicePixelRatio
    const foot = 28 * scale
    const canvas = document.createElement('canvas')
    canvas.width = from.width
    canvas.height = from.height + foot
    const context = canvas.getContext('2d')
    if (!context) return undefined
    context.fillStyle = colours.ground
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(from, 0, 0)
    context.font = `${12 * scale}px ${colours.font}`
    context.textBaseline = 'middle'
    let x = 12 * scale
    for (const [place, name] of names.entries()) {
      const look = this.#looks[place]
      if (!look) continue
      context.strokeStyle = look.colour
      context.lineWidth = 2 * scale
      context.setLineDash(look.dash.map((each) => each * scale))
      context.beginPath()
      context.moveTo(x, from.height + foot / 2)
      context.lineTo(x + 28 * scale, from.height + foot / 2)
      context.stroke()
      context.fillStyle = colours.text
      context.fillText(name, x + 34 * scale, from.height + foot / 2)
      x += context.measureText(name).width + 54 * scale
    }
    return canvas
  }

  dispose(): void {
    this.#plot?.destroy()
    this.#plot = undefined
  }

  #make(data: uPlot.AlignedData): uPlot {
    const { place, timeWords, valueWords } = this.#options
    const colours = this.#options.colours()
    const axis = { stroke: colours.text, font: `11px ${colours.font}`, ticks: { show: false } }
    const plot = new uPlot(
      {
        width: Math.max(1, place.clientWidth),
        height: Math.max(1, place.clientHeight),
        legend: { show: false },
        padding: [12, 28, 0, 0],
        cursor: {
          drag: { x: true, y: false, setScale: false },
          y: false,
          points: { size: 7, fill: (_plot, line) => this.#looks[line - 1]?.colour ?? colours.text }
        },
        scales: {
          x: { time: false },
          y: { range: () => [...(this.#drawing?.range ?? [0, 1])] as [number, number] }
        },
        axes: [
          {
            ...axis,
            size: 30,
            space: 90,
            grid: { stroke: colours.grid, width: 1 },
            values: (_plot, splits, _axis, _space, step) => splits.map((each) => timeWords(each, step))
          },
          {
            ...axis,
            size: 58,
            space: 26,
            grid: { stroke: colours.grid, width: 1 },
            values: (_plot, splits) => splits.map((each) => valueWords(each))
          }
        ],
        series: [
          {},
          ...this.#looks.map(({ colour, dash }): uPlot.Series => ({
            stroke: colour,
            width: LINE_PX,
            paths: (self, place, from, to) => this.#paths(self, place, from, to),
            ...(dash.length > 0 && { dash: [...dash] }),
            points: { size: 5, fill: colours.ground }
          }))
        ],
        hooks: {
          drawSeries: [(self, place) => this.#fill(self, place)],
          setSelect: [(self) => this.#select(self)],
          setCursor: [(self) => this.#tellCursor(self)]
        }
      },
      data,
      place
    )
    this.#listen(plot)
    return plot
  }

  /** How long it takes to draw is bounded, however much the values jump. */
  #paths(plot: uPlot, place: number, from: number, to: number): uPlot.Series.Paths | null {
    const drawing = this.#drawing
    const column = drawing?.columns.ys[place - 1]
    this.#inks[place - 1] = undefined
    if (!drawing || !column) return null
    const [least, most] = drawing.range
    const ink = inkOf(drawing.columns.x, column, {
      from: (drawing.fromNs - drawing.originNs) / 1e9,
      to: (drawing.toNs - drawing.originNs) / 1e9,
      least,
      most,
      width: Math.max(1, Math.round(plot.bbox.width)),
      height: Math.max(1, plot.bbox.height)
    })
    if (ink.travel <= plot.bbox.height * LONG) return stroked?.(plot, place, from, to) ?? null
    this.#inks[place - 1] = ink
    return null
  }

  #fill({ ctx, bbox }: uPlot, place: number): void {
    const [ink, look] = [this.#inks[place - 1], this.#looks[place - 1]]
    if (!ink || !look) return
    const { top, bottom } = ink
    const thick = LINE_PX * devicePixelRatio
    const dash = look.dash.map((each) => each * devicePixelRatio)
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.fillStyle = look.colour
    for (let column = 0; column < top.length; column++) {
      const [high = NaN, low = NaN] = [top[column], bottom[column]]
      if (Number.isNaN(high)) continue
      ctx.globalAlpha = isGap(dash, column) ? GAP_ALPHA : 1
      ctx.fillRect(bbox.left + column, bbox.top + high - thick / 2, 1, low - high + thick)
    }
    ctx.restore()
  }

  #listen(plot: uPlot): void {
    const { over } = plot
    over.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        const { left } = over.getBoundingClientRect()
        this.#options.onwheel(event.deltaY > 0 ? WHEEL : 1 / WHEEL, this.#timeAt(plot, event.clientX - left))
      },
      { passive: false }
    )
    over.addEventListener('mousedown', ({ clientX, clientY }) => (this.#pressed = { x: clientX, y: clientY }))
    over.addEventListener('mouseup', (event) => {
      const pressed = this.#pressed
      this.#pressed = undefined
      if (event.button !== 0 || !pressed) return
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < CLICK_PX) this.#pick(plot, event)
    })
    over.addEventListener('dblclick', () => this.#options.onreset())
  }

  #pick(plot: uPlot, { clientX, clientY }: MouseEvent): void {
    const { left, top } = plot.over.getBoundingClientRect()
    const [x, y] = [clientX - left, clientY - top]
    const timeNs = this.#timeAt(plot, x)
    let best: { readonly far: number; readonly line: number; readonly timeNs: number } | undefined
    for (const [line, series] of (this.#drawing?.lines ?? []).entries()) {
      const place = series.nearest(timeNs)
      if (place === undefined) continue
      const at = series.timeNs[place] ?? 0
      const pointX = plot.valToPos((at - (this.#drawing?.originNs ?? 0)) / 1e9, 'x')
      const far = Math.hypot(pointX - x, plot.valToPos(series.value[place] ?? 0, 'y') - y)
      if (!best || far < best.far) best = { far, line, timeNs: at }
    }
    if (best && best.far <= NEAR_PX) this.#options.onpick(best.line, best.timeNs)
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select
    if (width < CLICK_PX) return
    this.#options.onzoom(this.#timeAt(plot, left), this.#timeAt(plot, left + width))
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  }

  #tellCursor(plot: uPlot): void {
    if (this.#isMoving) return
    const { left = -1 } = plot.cursor
    this.#options.oncursor(left < 0 ? undefined : this.#timeAt(plot, left))
  }

  #timeAt(plot: uPlot, left: number): number {
    return plot.posToVal(left, 'x') * 1e9 + (this.#drawing?.originNs ?? 0)
  }
}
