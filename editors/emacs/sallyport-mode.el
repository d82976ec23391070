;;; sallyport-mode.el --- Policies of Sallyport  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages

;;; Commentary:

;; A major mode for policies that publish FTP servers, `*.sally': colours, comments, indentation, `sallyport fmt' and
;; `sallyport check', and the language server `sallyport lsp' for eglot.
;;
;;     (require 'sallyport-mode)
;;     (add-hook 'sallyport-mode-hook #'eglot-ensure)      ; if you want the language server

;;; Code:

(require 'compile)

(defvar eglot-server-programs)

(defgroup sallyport nil "Policies of Sallyport." :group 'languages)

(defcustom sallyport-program "sallyport" "The program of Sallyport." :type 'string)

(defcustom sallyport-indent 4 "Columns of a statement in a block." :type 'integer)

(defconst sallyport--declarations
  '("clients" "gateway" "server" "publish" "reach" "defaults" "expect" "include"))

(defconst sallyport--statements
  '("server" "gateway" "publication" "external ip" "control port" "passive range" "tls" "helper" "active" "allow" "deny"
    "limit" "hairpin" "source" "log" "address" "software" "site" "certificate" "max clients" "outside" "inside" "platform"
    "behind" "mark" "access list" "external is" "unit outside" "unit inside" "before" "numbers" "helper scope" "works"
    "refused" "broken"))

(defconst sallyport--values
  '("on" "off" "any" "local" "at" "per" "client" "sessions" "new" "minute" "explicit" "optional" "required" "implicit"
    "clear-control" "keep" "gateway" "denied" "all" "interface" "connection" "device" "key" "thumbprint" "plain" "pasv"
    "epsv" "port" "eprt" "over" "from" "inside" "ipv4" "ipv6"))

(defconst sallyport--programs
  '("iis" "pure-ftpd" "proftpd" "vsftpd" "filezilla" "sftpgo" "other" "nftables" "iptables" "firewalld"
    "openwrt" "routeros" "asa" "srx" "screenos" "isa" "tmg" "windows" "fortigate" "sheet"))

(defun sallyport--any (words)
  "A regular expression for one of WORDS, the longest first.
There may be any room between two parts of a word."
  (concat "\\(" (mapconcat (lambda (word) (replace-regexp-in-string " " "[ \t]+" word t t))
                           (sort (copy-sequence words) (lambda (a b) (> (length a) (length b)))) "\\|")
          "\\)"))

(defconst sallyport--begin "\\(?:^\\|[;{}]\\)[ \t]*" "Where a statement begins.")

(defconst sallyport--end "\\(?:[^-A-Za-z0-9_.:/]\\|$\\)" "What follows a word.")

(defconst sallyport-font-lock-keywords
  `((,(concat sallyport--begin
              (sallyport--any '("clients" "gateway" "server" "publish" "reach" "expect"))
              "[ \t]+\\([A-Za-z0-9][-A-Za-z0-9_]*\\)[ \t]*[{=]")
     (1 font-lock-keyword-face) (2 font-lock-function-name-face))
    (,(concat sallyport--begin (sallyport--any (append sallyport--declarations sallyport--statements)) sallyport--end)
     1 font-lock-keyword-face)
    (,(concat "\\_<" (sallyport--any sallyport--programs) "\\_>") 1 font-lock-type-face)
    (,(concat "\\_<" (sallyport--any sallyport--values) "\\_>") 1 font-lock-constant-face))
  "Faces of the words of a policy.")

(defvar sallyport-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?' "." table)
    (dolist (character '(?- ?_ ?. ?: ?/)) (modify-syntax-entry character "_" table))
    table))

(defun sallyport-indent-line ()
  "Indents a line as deep as the blocks around it."
  (interactive)
  (let ((column (save-excursion
                  (back-to-indentation)
                  (let ((depth (car (syntax-ppss))))
                    (* sallyport-indent (max 0 (if (eq (char-after) ?}) (1- depth) depth)))))))
    (if (<= (current-column) (current-indentation))
        (indent-line-to column)
      (save-excursion (indent-line-to column)))))

(defun sallyport-format-buffer ()
  "Lays the policy out as `sallyport fmt' does."
  (interactive)
  (let ((output (generate-new-buffer " *sallyport fmt*"))
        (errors (make-temp-file "sallyport")))
    (unwind-protect
        (if (zerop (call-process-region nil nil sallyport-program nil (list output errors) nil "fmt" "-"))
            (replace-buffer-contents output)
          (message "%s" (with-temp-buffer (insert-file-contents errors) (string-trim (buffer-string)))))
      (delete-file errors)
      (kill-buffer output))))

(defvar sallyport-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'compile)
    (define-key map (kbd "C-c C-f") #'sallyport-format-buffer)
    map))

;;;###autoload
(define-derived-mode sallyport-mode prog-mode "Sallyport"
  "Major mode for policies of Sallyport."
  (setq-local comment-start "# ")
  (setq-local comment-end "")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local indent-line-function #'sallyport-indent-line)
  (setq-local font-lock-defaults '(sallyport-font-lock-keywords))
  (when buffer-file-name
    (setq-local compile-command
                (concat sallyport-program " check --format concise --color never "
                        (shell-quote-argument (file-name-nondirectory buffer-file-name))))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.sally\\'" . sallyport-mode))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(sallyport-mode . (,sallyport-program "lsp"))))

(provide 'sallyport-mode)
;;; sallyport-mode.el ends here
