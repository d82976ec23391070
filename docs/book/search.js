// Browsers start no workers from files. There the search runs in a frame that takes the place of its worker.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.append(frame)
      const inside = frame.contentWindow
      this.ready = new Promise(done => {
        inside.postMessage = data => this.answer(data)
        inside.importScripts = (...scripts) =>
          scripts.reduce((before, script) => before.then(() => load(script)), Promise.resolve())
        const load = source => new Promise((loaded, failed) => {
          const script = inside.document.createElement("script")
          script.onload = loaded
          script.onerror = failed
          script.src = new URL(source, document.baseURI).href
          inside.document.documentElement.append(script)
        })
        load(url).then(() => done(inside))
      })
    }

    answer(data) {
      const event = new MessageEvent("message", { data })
      this.dispatchEvent(event)
      if (this.onmessage) this.onmessage(event)
    }

    postMessage(data) {
      this.ready.then(inside => inside.dispatchEvent(new inside.MessageEvent("message", { data })))
    }

    terminate() {}
  }
}
