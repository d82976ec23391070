;; Speaks to `sallyport lsp' as Emacs does: eglot, in batch.  Writes what it was told as lines `NAME VALUE'.
;;
;; SALLYPORT: the program.  POLICY: a policy without mistakes.  RESULT: where to write.

(require 'cl-lib)
(require 'package)
;; Where Debian has the packages of Emacs.
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
(package-initialize)
(require 'eglot)

(define-derived-mode sally-mode prog-mode "Sally" (setq-local comment-start "# "))
(add-to-list 'auto-mode-alist '("\\.sally\\'" . sally-mode))
(add-to-list 'eglot-server-programs `(sally-mode . (,(getenv "SALLYPORT") "lsp")))

(defvar told nil)
(defun tell (name value) (push (format "%s %s" name value) told))

(defun await (condition)
  "Whether CONDITION holds within twenty seconds."
  (let ((end (+ (float-time) 20)) (held nil))
    (while (and (not (setq held (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.05))
    held))

(defun findings ()
  (flymake-start)
  (length (flymake-diagnostics)))

(condition-case problem
    (with-current-buffer (find-file-noselect (getenv "POLICY"))
      (setq eglot-sync-connect 20 eglot-send-changes-idle-time 0 eglot-confirm-server-initiated-edits nil)
      (apply #'eglot--connect (eglot--guess-contact))
      (tell "managed" (and (await (lambda () (and (eglot-current-server) eglot--managed-mode))) t))
      (flymake-mode 1)
      (goto-char (point-min))
      (search-forward "50000-50399")
      (replace-match "50399-50000")
      (run-hooks 'post-command-hook)
      (eglot--signal-textDocument/didChange)
      (tell "found" (and (await (lambda () (= (findings) 1))) t))
      (goto-char (point-min))
      (search-forward "50399-50000")
      (let ((actions (eglot-code-actions (match-beginning 0) (match-end 0))))
        (tell "actions" (length actions))
        (eglot--apply-workspace-edit (plist-get (aref (vconcat actions) 0) :edit)))
      (goto-char (point-min))
      (tell "mended" (and (search-forward "50000-50399" nil t) t))
      (eglot--signal-textDocument/didChange)
      (tell "quiet" (and (await (lambda () (= (findings) 0))) t))
      (goto-char (point-min))
      (search-forward "allow          part")
      (tell "definitions" (length (xref-backend-definitions 'eglot "LSP identifier at point.")))
      (eglot-rename "friends")
      (tell "renamed" (how-many "friends" (point-min) (point-max)))
      (goto-char (point-min))
      (insert "clients   others=192.0.2.1 # \u00e9\U0001F600\n\n")
      (eglot-format-buffer)
      (goto-char (point-min))
      (tell "formatted" (buffer-substring-no-properties (point) (line-end-position)))
      (search-forward "tls            ")
      (tell "completions"
            (mapconcat #'substring-no-properties
                       (all-completions "" (nth 2 (eglot-completion-at-point))) ","))
      (tell "shutdown" (progn (eglot-shutdown (eglot-current-server)) t)))
  (error (tell "failure" (error-message-string problem))))

(with-temp-file (getenv "RESULT") (insert (mapconcat #'identity (nreverse told) "\n") "\n"))
(set-buffer-modified-p nil)
(kill-emacs 0)
