// The few sentences scripts have to say, in the language of the page.
const chinese = !document.documentElement.lang || document.documentElement.lang.startsWith("zh");

export const words = chinese
  ? {
      copied: "已复制",
      copyFailed: "没有复制成功，请选中文字后按 Ctrl+C",
      offline: "没有连上服务器。页面内容没有丢失，请稍后再试。",
      failed: "没有成功，请刷新页面后再试。",
      signedOut: "登录已过期，请刷新页面后重新登录。",
      notFound: "没有找到，可能已被移走或您无权查看。",
      tooMany: "操作太频繁，请稍等一分钟再试。",
      changed: "内容已被他人修改，请刷新页面查看最新内容。",
      close: "关闭",
    }
  : {
      copied: "Copied",
      copyFailed: "Could not copy. Select the text and press Ctrl+C.",
      offline: "The server could not be reached. Nothing on this page is lost; try again in a moment.",
      failed: "That did not work. Reload the page and try again.",
      signedOut: "You have been signed out. Reload the page and sign in again.",
      notFound: "Not found. It may have been moved, or you may not be allowed to see it.",
      tooMany: "Too many requests. Wait a minute and try again.",
      changed: "Somebody else changed this. Reload the page to see the current version.",
      close: "Close",
    };
